/* The option --proxy, and the proxy of the environment or of the system. */
#ifndef LP_APP_PROXY_OPTION_H
#define LP_APP_PROXY_OPTION_H

struct lp_failure;
struct lp_member_proxy;
struct lp_option;

/* The longest value with its NUL. */
#define LP_PROXY_TEXT_MAX 1024

/* Parses "[http://][USER:PASSWORD@]HOST[:PORT]", where %XX in USER and PASSWORD are bytes (RFC 3986 §3.2.1), or "none".
   0 or LP_EINVAL. */
int lp_proxy_parse(const char *text, struct lp_failure *failure, struct lp_member_proxy *ret_proxy);
/* Checks such a text as the value of an option and copies it; the field is a char[]. A message never repeats it. */
int lp_proxy_option(const struct lp_option *option, const char *value, void *dest, struct lp_failure *failure);
/* Chooses the proxy for the relay |host|: |given| if it is not empty, otherwise the system's
   (platform/net/system_proxy.h), unless that cannot be parsed. */
void lp_proxy_choose(const char *given, const char *host, struct lp_member_proxy *ret_proxy);

#endif
