"""Integrations with frameworks, queues and tools; each module requires its own extra."""
