-- Tables and pictures that came with a version of a form. Contents are kept once, whatever version has
-- them. Nothing about anybody: they are part of the form, as its text is.
CREATE TABLE form_blob (
    hash TEXT NOT NULL PRIMARY KEY, -- BLAKE2b of the bytes, hex
    bytes %BLOB% NOT NULL
) %STRICT%;

CREATE TABLE form_file (
    form TEXT NOT NULL,
    epoch %INT% NOT NULL,
    name TEXT NOT NULL,
    type TEXT NOT NULL,             -- media type, told from the bytes
    hash TEXT NOT NULL REFERENCES form_blob (hash),
    PRIMARY KEY (form, epoch, name)
) %STRICT%;
