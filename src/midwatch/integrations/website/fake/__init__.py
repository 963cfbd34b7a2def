"""Fake websites over real loopback HTTP and HTTPS, healthy or with any failure a site can have."""

from midwatch.integrations.website.fake.certificates import Papers as Papers
from midwatch.integrations.website.fake.certificates import issue as issue
from midwatch.integrations.website.fake.site import FakePage as FakePage
from midwatch.integrations.website.fake.site import FakeSite as FakeSite
