"""Ids of the topics of websites, and of the entity kind that narrows them."""

SITE = "site"
WEBSITE, WEBSITES = "website", "websites"
