"""One program an extra: it does what the extra is for, in an environment that has nothing else.

Each is run by the Python of that environment, apart from this folder, with a saved response as its argument
and an empty folder to work in.
"""
