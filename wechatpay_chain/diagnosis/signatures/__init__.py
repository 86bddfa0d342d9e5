"""Why a signature fails: the signed digest, and what would have it."""
