# must find: match
import sys

match sys.argv:
    case [_]:
        pass
