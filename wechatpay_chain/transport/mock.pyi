from ..testing.mock import Answer as Answer
from ..testing.mock import MockTransport as MockTransport
