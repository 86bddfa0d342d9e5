"""The merchant's credential, WeChat Pay's keys, and where they are configured."""
