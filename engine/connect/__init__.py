"""The ways out: notifications, mail and webhooks, with their actions and jobs."""
