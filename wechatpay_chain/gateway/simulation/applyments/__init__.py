"""Applications of sub-merchants (进件), and the accounts that they are settled to."""
