// A shop on wechatpay-axios-plugin: order, query, payment, notification, refund, close.
// Arguments: the path of gateway.json, and the folder of its node_modules. Prints what it saw.
'use strict';

const { readFileSync } = require('node:fs');
const { gateway, receive, control, open, peer } = require('./receive.cjs');

const { Wechatpay, Aes, Rsa, Formatter } = peer('wechatpay-axios-plugin');
const platform = {
  [gateway.platform.public_key_id]: readFileSync(gateway.platform.public_key),
  [gateway.platform.serial]: readFileSync(gateway.platform.certificate),
};

const wxpay = new Wechatpay({
  mchid: gateway.mchid,
  serial: gateway.serial,
  privateKey: readFileSync(gateway.private_key),
  certs: platform,
  secret: gateway.secret,
  baseURL: gateway.base_uri,
});

function opened({ headers, body }) {
  const message = Formatter.response(
    headers['wechatpay-timestamp'], headers['wechatpay-nonce'], body,
  );
  const key = platform[headers['wechatpay-serial']];
  if (!Rsa.verify(message, headers['wechatpay-signature'], key)) throw new Error('not genuine');
  const { resource } = JSON.parse(body);
  return JSON.parse(Aes.AesGcm.decrypt(
    resource.ciphertext, gateway.apiv3_key, resource.nonce, resource.associated_data,
  ));
}

open(async () => {
  const { server, notified, url } = await receive();
  const order = (number) => ({
    appid: gateway.appid,
    mchid: gateway.mchid,
    description: 'Image形象店-QQ公仔',
    out_trade_no: number,
    notify_url: url,
    amount: { total: 100, currency: 'CNY' },
  });
  const transactions = wxpay.v3.pay.transactions;
  const query = (number) => transactions.outTradeNo.$out_trade_no$.get({
    params: { mchid: gateway.mchid }, out_trade_no: number,
  });
  const seen = {};
  seen.ordered = (await transactions.native.post(order('Axios-0001'))).data;
  seen.before = (await query('Axios-0001')).data.trade_state;
  await control('transactions/Axios-0001/pay');
  seen.notified = opened(await notified);
  seen.after = (await query('Axios-0001')).data.trade_state;
  seen.refunded = (await wxpay.v3.refund.domestic.refunds.post({
    out_trade_no: 'Axios-0001',
    out_refund_no: 'Axios-refund-0001',
    amount: { refund: 40, total: 100, currency: 'CNY' },
  })).data;
  seen.refund = (await wxpay.v3.refund.domestic.refunds.$out_refund_no$.get({
    out_refund_no: 'Axios-refund-0001',
  })).data;
  await transactions.native.post(order('Axios-0002'));
  seen.closed = (await transactions.outTradeNo.$out_trade_no$.close.post(
    { mchid: gateway.mchid }, { out_trade_no: 'Axios-0002' },
  )).status;
  seen.at_last = (await query('Axios-0002')).data.trade_state;
  // APIv2 in XML, a download, and the other verbs
  const v2 = { appid: gateway.appid, mch_id: gateway.mchid, nonce_str: Formatter.nonce() };
  seen.unified = (await wxpay.v2.pay.unifiedorder.post({
    ...v2, body: 'QQ公仔', out_trade_no: 'Axios-0003', total_fee: 100, trade_type: 'NATIVE',
    spbill_create_ip: '1.2.3.4', notify_url: url,
  })).data;
  seen.queried = (await wxpay.v2.pay.orderquery.post({ ...v2, out_trade_no: 'Axios-0003' })).data;
  const day = Formatter.timestamp() + 8 * 3600;
  const date = new Date(day * 1000).toISOString().slice(0, 10);
  const bill = (await wxpay.v3.bill.tradebill.get({ params: { bill_date: date } })).data;
  const file_of = new URL(bill.download_url);
  seen.bill = (await wxpay.v3.billdownload.file.get({
    params: { token: file_of.searchParams.get('token') }, responseType: 'arraybuffer',
  })).status;
  const callbacks = wxpay.v3.merchantService.complaintNotifications;
  seen.created = (await callbacks.post({ url: 'https://shop.example/complaints' })).data.url;
  seen.changed = (await callbacks.put({ url: 'https://shop.example/other' })).data.url;
  seen.deleted = (await callbacks.delete()).status;
  server.close();
  return seen;
});
