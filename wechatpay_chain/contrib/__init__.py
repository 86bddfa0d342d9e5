"""What joins the package to frameworks, queues and tools; each module needs its own extra."""
