/* Keeps this computer's Wi-Fi adapters from looking for other networks in the background, which holds up all packets
   for 50 to 400 ms each time (Windows). */
#ifndef LP_PLATFORM_NET_WIFI_H
#define LP_PLATFORM_NET_WIFI_H

struct lp_wifi;

/* From now on, also without a Wi-Fi adapter. The request is made on a thread of its own, and its result is not
   reported. 0 or LP_ENOMEM. */
int lp_wifi_calm(struct lp_wifi **ret_wifi);
/* Ends that; Windows does so too if the program ends in another way. NULL is fine. */
void lp_wifi_free(struct lp_wifi *wifi);

#endif
