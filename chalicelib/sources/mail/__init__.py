"""E-mails as people, websites and machines send them → Inbounds. Pure: bytes in, no network, no clock."""

from chalicelib.sources.mail.identity import identity, thread_key
from chalicelib.sources.mail.reading import read

__all__ = ["identity", "read", "thread_key"]
