"""Notifications as WeChat Pay sends them: catalogue content, encrypted and signed."""
