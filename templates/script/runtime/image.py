# ---- image
