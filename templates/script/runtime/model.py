# ---- model
