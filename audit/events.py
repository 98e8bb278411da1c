"""What the audit app itself logs."""

from audit.registry import declare

SECURITY_LOG_VIEWED = declare("security_log.viewed", "read the security log of {target}", log="security")
