from .chain.ipython import install as install
from .chain.ipython import load_ipython_extension as load_ipython_extension
