# must find: F401
import json
