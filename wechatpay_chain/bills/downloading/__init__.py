"""Downloads bills: applies for them, decrypts and unpacks them, verifies their digest, stores them.

`rules` contains the rules as a flow, `running` runs it in threads or tasks, and `kinds` lists the
available bills.
"""
