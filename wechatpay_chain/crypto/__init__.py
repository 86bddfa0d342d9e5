"""Keys, RSA, AES and digests, as WeChat Pay uses them; each usable on its own."""
