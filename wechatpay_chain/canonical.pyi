from .messages.canonical import authorization as authorization
from .messages.canonical import fields as fields
from .messages.canonical import lines as lines
from .messages.canonical import nonce as nonce
from .messages.canonical import request as request
from .messages.canonical import response as response
from .messages.canonical import text as text
from .messages.canonical import timestamp as timestamp
