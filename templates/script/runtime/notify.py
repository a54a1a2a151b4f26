# ---- notify
