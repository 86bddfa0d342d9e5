"""WeChat Pay's cryptography: keys, RSA, AES and digests; each module can be used on its own."""
