"""Trust first: who may have which regime, promises, consequences, verification, rectification, revocation."""
