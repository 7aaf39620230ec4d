"""What this package adds to the engine."""

from __future__ import annotations

from engine.connect.actions.notify import Notify
from engine.connect.actions.webhook import Webhook
from engine.connect.jobs.mail import Mail
from engine.connect.jobs.webhook import Webhook as WebhookJob

BUILT_INS: tuple[type, ...] = (Notify, Webhook, Mail, WebhookJob)
