from .keys.certificates import download as download
from .keys.certificates import download_async as download_async
from .keys.certificates import open_certificates as open_certificates
from .keys.certificates import self_verifier as self_verifier
