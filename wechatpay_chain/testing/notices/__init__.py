"""Notifications as WeChat Pay sends them: content from the catalogue, encrypted and signed."""
