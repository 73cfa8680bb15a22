"""The command line `leads`: a client of the API, and an operator's tool. For people; never part of what is deployed."""
