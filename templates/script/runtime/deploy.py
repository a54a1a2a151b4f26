# ---- deploy
