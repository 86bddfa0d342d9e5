"""Why a signature was rejected: the causes, tried one by one."""
