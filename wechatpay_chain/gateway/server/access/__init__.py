"""Who may ask what: this machine, a page elsewhere, and whoever has the control token."""
