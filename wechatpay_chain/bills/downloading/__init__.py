"""Bills downloaded: applied for, decrypted, unpacked, their digest compared, kept.

`rules` has the rules as a flow, `running` runs it in threads or tasks, `kinds` is the table of what
can be had.
"""
