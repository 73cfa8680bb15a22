"""Rules: pure, without clock, network or framework."""
