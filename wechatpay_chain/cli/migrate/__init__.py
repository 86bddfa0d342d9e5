"""`wechatpay-chain migrate`: a program that uses another library, rewritten to use this one.

`mapping` has what each function of the other library is here. `reading` finds the clients of a
module, `planning` decides what becomes of each call, with `rendering` and `substitutes` for its
text, and `rewriting` carries it out. What is not certain stays, and a person is told what to write.
"""
