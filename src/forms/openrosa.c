/* OpenRosa's lists of forms and of their files, as XML. */
#include "forms/openrosa.h"

#include "core/text.h"
#include "expr/digest.h"
#include "forms/xform_inner.h"

const char *openrosa_hash(struct arena *a, const char *bytes, size_t len)
{
    unsigned char md5[DIGEST_MAX];
    size_t md5_len = 0;

    if (!digest_of("MD5", bytes, len, md5, &md5_len))
        return "";
    return arena_printf(a, "md5:%s", hex_text(a, md5, md5_len));
}

static void add_form(struct xform *x, const struct openrosa_form *f)
{
    x_start(x, "xform");
    x_leaf(x, "formID", f->id);
    x_leaf(x, "name", f->name);
    x_leaf(x, "version", f->version);
    x_leaf(x, "hash", f->hash);
    x_leaf(x, "downloadUrl", f->download);
    if (f->manifest)
        x_leaf(x, "manifestUrl", f->manifest);
    x_end(x);
}

static void add_file(struct xform *x, const struct openrosa_file *f)
{
    x_start(x, "mediaFile");
    x_leaf(x, "filename", f->name);
    x_leaf(x, "hash", f->hash);
    x_leaf(x, "downloadUrl", f->download);
    x_end(x);
}

enum err openrosa_forms(struct ctx *ctx, const char **out, size_t *len_out,
                        const struct openrosa_form *items, size_t len)
{
    struct xform x = { 0 };
    enum err rc = x_begin(&x, ctx);

    if (rc)
        return rc;
    x_start(&x, "xforms");
    x_attr(&x, "xmlns", "http://openrosa.org/xforms/xformsList");
    for (size_t i = 0; i < len; i++)
        add_form(&x, &items[i]);
    x_end(&x);
    return x_finish(&x, out, len_out);
}

enum err openrosa_files(struct ctx *ctx, const char **out, size_t *len_out,
                        const struct openrosa_file *items, size_t len)
{
    struct xform x = { 0 };
    enum err rc = x_begin(&x, ctx);

    if (rc)
        return rc;
    x_start(&x, "manifest");
    x_attr(&x, "xmlns", "http://openrosa.org/xforms/xformsManifest");
    for (size_t i = 0; i < len; i++)
        add_file(&x, &items[i]);
    x_end(&x);
    return x_finish(&x, out, len_out);
}
