"""What users' tests need: a mock transport, fixtures, a gateway's connection file."""
