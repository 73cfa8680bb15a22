"""DynamoDB, S3 and SQS, and nothing else of AWS. Key strings are built and read only here."""
