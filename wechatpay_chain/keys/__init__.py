"""The merchant's credential, WeChat Pay's keys, and their configuration."""
