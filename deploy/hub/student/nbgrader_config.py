"""nbgrader on a student's server: the exchange, and nothing of the course's. Read by way of JUPYTER_CONFIG_PATH."""

import os

c = get_config()  # noqa: F821
c.CourseDirectory.course_id = os.environ["COURSEGRADER_COURSE_ID"]
c.Exchange.root = os.environ["COURSEGRADER_EXCHANGE"]
c.Exchange.timezone = os.environ["COURSEGRADER_TIMEZONE"]
c.ExchangeSubmit.strict = True  # a folder without its notebook is refused at the click, with the reason
