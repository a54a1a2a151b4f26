# must find: removeprefix
print("mlpipe-out".removeprefix("mlpipe"))
