# ---- gate
