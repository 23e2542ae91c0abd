/* lanparty-client: the client on Linux. */
#include "client/app.h"

int main(int argc, char **argv)
{
	static struct lp_client_app app;
	return lp_client_app_run(&app, argc, argv);
}
