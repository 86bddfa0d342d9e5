from .messages.xml import Repeated as Repeated
from .messages.xml import copied as copied
from .messages.xml import dumps as dumps
from .messages.xml import loads as loads
