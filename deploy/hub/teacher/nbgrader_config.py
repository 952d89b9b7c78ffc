"""nbgrader on the teacher's server: the course, its exchange. Read by way of JUPYTER_CONFIG_PATH."""

import os

c = get_config()  # noqa: F821
c.CourseDirectory.root = os.environ["COURSEGRADER_COURSE"]
c.CourseDirectory.course_id = os.environ["COURSEGRADER_COURSE_ID"]
c.Exchange.root = os.environ["COURSEGRADER_EXCHANGE"]
c.Exchange.timezone = os.environ["COURSEGRADER_TIMEZONE"]
