"""Constants that several test modules share."""

#: An API's path, which answers ka10001.
PATH = "/api/dostk/stkinfo"
