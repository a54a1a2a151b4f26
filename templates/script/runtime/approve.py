# ---- approve
