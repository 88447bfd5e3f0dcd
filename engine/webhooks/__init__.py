"""Webhooks: the event feed, brought to the programs of front offices (docs/api.md tells them what to expect).

A subscription is a position in the feed and a short queue behind it. What is not in the queue yet is in the feed for ever, so
that nothing is lost while the queue is full or the receiver is away, and nothing grows. No case is locked and no transaction
is open while a receiver is called.
"""
