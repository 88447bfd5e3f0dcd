"""The designer in the browser: a page on which a process is drawn, judged while one draws, and kept as a draft."""
