"""The display of responses, notifications and bills in terminals, notebooks and rich."""
