"""Passwords are kept as RFC 9106 asks (argon2id), though the tests' own are cheap."""

import subprocess
import sys

ASK = "from engine.organization.log_in import hash_password; print(hash_password('secret'))"


def test_a_password_costs_what_the_standard_recommends_where_no_test_makes_it_cheap():
    made = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, check=True, timeout=60)
    assert made.stdout.startswith("$argon2id$v=19$m=65536,t=3,p=4$"), made.stdout  # RFC 9106, section 4, second choice
