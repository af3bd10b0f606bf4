-- Nothing asks the access log by time: each page that is opened would keep this index up for nobody.

DROP INDEX access_time;
